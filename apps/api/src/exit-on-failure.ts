/** A boot that fails says why in its own words, without a stack, and ends the process. */
export async function exitOnFailure(boot: () => Promise<void>): Promise<void> {
  try {
    await boot();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
