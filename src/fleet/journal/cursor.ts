import { VirtgraphError } from '../../errors.ts';
import type { Cursor } from '../../model/brands.ts';

/**
 * A place in the journal: after the change with this number, in the run of the gateway that `epoch` names.
 * `partial`: within a snapshot that was begun there, so that nothing but a new snapshot can follow it.
 */
export type Place = { readonly epoch: string; readonly seq: number; readonly partial: boolean };

const form = /^1\.([0-9a-f]{16})\.(\d{1,15})(p?)$/;

export function formatCursor({ epoch, seq, partial }: Place): Cursor {
  // The brand stands for exactly this text.
  return Buffer.from(`1.${epoch}.${seq}${partial ? 'p' : ''}`, 'latin1').toString('base64url') as Cursor;
}

/** @throws BAD_USER_INPUT for what is no cursor of any gateway. */
export function parseCursor(text: string): Place {
  const match = text.length <= 64 ? form.exec(Buffer.from(text, 'base64url').toString('latin1')) : null;
  const [, epoch, seq, partial] = match ?? [];
  if (epoch === undefined || seq === undefined) {
    throw new VirtgraphError(
      'BAD_USER_INPUT',
      `Expected a cursor as this gateway gives them out, saw ${JSON.stringify(text.slice(0, 40))}.`,
      { remedy: 'Pass the `cursor` of the last change that you got, unaltered, or none.' },
    );
  }
  return { epoch, seq: Number(seq), partial: partial === 'p' };
}
