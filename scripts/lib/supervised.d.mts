export interface ProcessExit {
  readonly name: string;
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Supervisor {
  readonly pid: number;
  start(
    spec: { name: string; command: string; args: readonly string[] } & Record<string, unknown>,
  ): Promise<number>;
  exitOf(name: string): ProcessExit | undefined;
  stop(name: string): Promise<void>;
  removeAtEnd(path: string): Promise<void>;
  end(): Promise<void>;
}

export function createSupervisor(options?: {
  label?: string;
  keepAlive?: boolean;
  onExit?: (exit: ProcessExit) => void;
  onGone?: () => void;
}): Supervisor;
