import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLogger } from './logger.js';

describe('createLogger', () => {
  let printed: string;

  beforeEach(() => {
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('leaves out what the framework says of its boot, and keeps what the service says', () => {
    const logger = createLogger({ LOG_LEVEL: 'log', LOG_FORMAT: 'text' });
    logger.log('Mapped {/query, POST} route', 'RouterExplorer');
    logger.log('Listening on http://127.0.0.1:8000', 'Fairshare');
    expect(printed).not.toContain('Mapped');
    expect(printed).toContain('Listening on http://127.0.0.1:8000');
  });

  it('tells of the boot to whoever asks for debug', () => {
    createLogger({ LOG_LEVEL: 'debug', LOG_FORMAT: 'text' }).log(
      'Mapped {/query, POST} route',
      'RouterExplorer',
    );
    expect(printed).toContain('Mapped {/query, POST} route');
  });

  it('writes no colours to what is not a terminal, and one object a line as JSON', () => {
    createLogger({ LOG_LEVEL: 'log', LOG_FORMAT: 'text' }).log('plain', 'Fairshare');
    expect(printed).not.toContain('\u001b');
    printed = '';
    createLogger({ LOG_LEVEL: 'log', LOG_FORMAT: 'json' }).log('as JSON', 'Fairshare');
    expect(JSON.parse(printed)).toMatchObject({ level: 'log', message: 'as JSON', context: 'Fairshare' });
  });
});
