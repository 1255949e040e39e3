import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import type { TlsFiles } from '../server/http.ts';
import { StartError } from './start-error.ts';

/** Reads the certificate and its key, and sees that they are what they should be. @throws StartError */
export async function readTlsFiles(tls: Config['listen']['tls']): Promise<TlsFiles | null> {
  if (tls === null) return null;
  const { certFile, keyFile } = tls;
  // One after the other: when both are missing the same one is named each time.
  const cert = await readText(certFile, 'certificate');
  const key = await readText(keyFile, 'key');
  const certificate = parse(certFile, 'a certificate', () => new X509Certificate(cert));
  const privateKey = parse(keyFile, 'a private key without a passphrase', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new StartError(`The key of ${keyFile} does not belong to the certificate of ${certFile}.`);
  }
  return { cert, key };
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new StartError(
      `The ${what} ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function parse<T>(file: string, expected: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new StartError(`Expected in ${file} ${expected}, as PEM.`);
  }
}
