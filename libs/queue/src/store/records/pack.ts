const HIGH = 2 ** 48;

/** Builds the big-endian bytes that the scripts read with struct.unpack. */
export class PackWriter {
  private buffer = Buffer.allocUnsafe(512);
  private length = 0;

  uint(value: number, bytes: 1 | 2 | 4 | 5 | 6 | 7): this {
    this.reserve(bytes);
    if (bytes === 7) {
      this.buffer[this.length] = Math.floor(value / HIGH);
      this.buffer.writeUIntBE(value % HIGH, this.length + 1, 6);
    } else {
      this.buffer.writeUIntBE(value, this.length, bytes);
    }
    this.length += bytes;
    return this;
  }

  text(value: string, bytes: number): this {
    this.reserve(bytes);
    this.buffer.write(value, this.length, bytes, 'utf8');
    this.length += bytes;
    return this;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Reads what the scripts built with struct.pack; throws past the end. */
export class PackReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  get isAtEnd(): boolean {
    return this.at >= this.buffer.length;
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.buffer.length - this.at;
  }

  uint(bytes: 1 | 2 | 4 | 5 | 6 | 7): number {
    const start = this.at;
    this.at += bytes;
    if (bytes !== 7) return this.buffer.readUIntBE(start, bytes);
    return this.buffer.readUInt8(start) * HIGH + this.buffer.readUIntBE(start + 1, 6);
  }

  /** The next byte, which stays unread. */
  peek(): number {
    return this.buffer.readUInt8(this.at);
  }

  double(): number {
    const start = this.at;
    this.at += 8;
    return this.buffer.readDoubleBE(start);
  }

  text(bytes: number): string {
    const start = this.at;
    this.at += bytes;
    return this.buffer.toString('utf8', start, this.at);
  }

  slice(bytes: number): PackReader {
    const start = this.at;
    this.at += bytes;
    return new PackReader(this.buffer.subarray(start, this.at));
  }
}
