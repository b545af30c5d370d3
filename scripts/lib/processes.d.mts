/** The command line of a living process, or '' where there is none. */
export function commandLine(pid: number): string;
