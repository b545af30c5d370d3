export function hasApt(): boolean;
export function ensureRedisPackage(folders: readonly string[]): Promise<string>;
