export function exampleNames(): string[];
export function inExample(name: string, ...parts: string[]): string;
export function titleOf(name: string): string;
export function sourceOf(name: string): { readonly isSpec: boolean; readonly file: string };
