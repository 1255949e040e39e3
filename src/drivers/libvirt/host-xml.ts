import { VirtgraphError } from '../../errors.ts';

/**
 * Reads XML that the host sent. What is wrong with it is the host's mistake, or ours for not understanding it,
 * and never that of the person who asked.
 */
export function readHostXml<T>(parse: (xml: string) => T, xml: string): T {
  try {
    return parse(xml);
  } catch (error) {
    if (!(error instanceof VirtgraphError)) throw error;
    throw new VirtgraphError('LIBVIRT_ERROR', `The XML that libvirt sent cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}
