import type { Logger } from '@nestjs/common';
import { environmentVariables } from './environment.js';
import { misspeltVariables } from './misspelt.js';

/** Names at boot each variable that looks like one of ours and that nobody reads. */
export function warnOfMisspelt(logger: Logger, source: Readonly<Record<string, string | undefined>>): void {
  for (const { name, meant } of misspeltVariables(source, Object.keys(environmentVariables))) {
    logger.warn(`${name} is no variable of ours and is not read${meant ? `: did you mean ${meant}?` : ''}`);
  }
}
