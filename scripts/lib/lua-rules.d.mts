export interface BrokenRule {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
}

export function brokenLuaRules(folder: string): BrokenRule[];
export function brokenIn(path: string, text: string, folder?: string): BrokenRule[];
