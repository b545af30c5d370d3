export function unusedFiles(folder: string): string[];
export function developmentPackages(folder: string): string[];
