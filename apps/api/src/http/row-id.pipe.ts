import { Injectable, type PipeTransform } from '@nestjs/common';
import { Problem } from '../problems/problem.js';

const MOST = 2 ** 31 - 1;

/** A row's number in a path: what cannot be one names nothing. */
@Injectable()
export class RowIdPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : NaN;
    if (id <= MOST) return id;
    throw new Problem('not_found', 'There is nothing of this number.');
  }
}
