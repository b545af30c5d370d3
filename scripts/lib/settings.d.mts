type Settings = Record<string, string | undefined>;

export const SECRETS: readonly string[];
export function readSettings(): NodeJS.ProcessEnv;
export function withSecretFiles(source: Readonly<Settings>): Settings;
