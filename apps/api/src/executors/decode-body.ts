import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

/** What `decodeBody` reads, for Accept-Encoding. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

export class AnswerTooLargeError extends Error {}

type Decoder = (body: Buffer, maxOutputLength: number) => Promise<Buffer>;

const decoderOf =
  (decompress: typeof gunzip | typeof brotliDecompress): Decoder =>
  (body, maxOutputLength) =>
    promisify<Buffer, { maxOutputLength: number }, Buffer>(decompress)(body, { maxOutputLength });

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: decoderOf(gunzip),
  'x-gzip': decoderOf(gunzip),
  br: decoderOf(brotliDecompress),
  // Some servers send it bare, without the zlib header, whose first byte ends in 8.
  deflate: (body, most) => decoderOf((body[0]! & 0x0f) === 8 ? inflate : inflateRaw)(body, most),
  identity: (body) => Promise.resolve(body),
};

/**
 * The text of a body by its Content-Encoding; '' where it cannot be decoded. Throws AnswerTooLargeError where it has
 * more than `maxBytes`, decoded.
 */
export async function decodeBody(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<string> {
  const encodings = (encoding ?? 'identity').toLowerCase().split(',').reverse();
  let decoded = body;
  for (const name of encodings.map((text) => text.trim())) {
    const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
    if (!decoder) return '';
    if (decoded.length === 0) return '';
    try {
      decoded = await decoder(decoded, maxBytes);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') return '';
      throw new AnswerTooLargeError(`The answer is larger than ${maxBytes} bytes`);
    }
  }
  return decoded.toString('utf8');
}
