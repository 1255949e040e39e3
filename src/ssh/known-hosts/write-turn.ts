import { createTurns } from '../../in-turn.ts';

/**
 * Runs a write of a known_hosts file once those before it are over. A key that is appended while another is replaced
 * would be lost: the file is renamed over. One queue for all files, as two paths may lead to the same one; the files are
 * small and written seldom, and no more writes wait than hosts are being reached.
 */
export const takeWriteTurn = createTurns();
