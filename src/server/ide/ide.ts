import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ideExamples } from './ide-examples.ts';
import { idePage, ideScript, ideStyle } from './ide-page.ts';

/**
 * GraphiQL, whole and from here: no other site is asked for anything. The page itself carries no data, so it needs no
 * token; it asks for one and keeps it in the tab.
 */
export type Ide = {
  /** `null`: there is no such file. */
  file(path: string, gzipped: boolean): Promise<IdeFile | null>;
};
export type IdeFile = { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer };

type Asset = { readonly type: string; readonly text: string };

/**
 * Nothing but our own files, no inline script. Styles are the exception: the editor writes its own while it runs.
 * `connect-src 'self'` is for WebSockets of the same origin too.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const compress = promisify(gzip);
const javascript = 'text/javascript; charset=utf-8';
const css = 'text/css; charset=utf-8';

export function createIde(graphqlPath: string): Ide {
  // GraphiQL is nine megabytes of text, which nobody should wait for who never opens the page.
  let assets: Promise<ReadonlyMap<string, Asset>> | null = null;
  const files = new Map<string, Promise<IdeFile>>();

  return {
    async file(path, gzipped) {
      assets ??= loadAssets(graphqlPath);
      const asset = (await assets).get(path);
      if (!asset) return null;
      const key = `${path} ${gzipped}`;
      let file = files.get(key);
      if (!file) {
        file = toFile(asset, path, gzipped);
        files.set(key, file);
      }
      return file;
    },
  };
}

async function loadAssets(graphqlPath: string): Promise<ReadonlyMap<string, Asset>> {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const parts: readonly (readonly [string, string, string])[] = [
    ['graphiql.js', javascript, graphiql.js],
    ['graphiql.css', css, graphiql.css],
    ['worker-editor.js', javascript, graphiql.editorWorkerService],
    ['worker-graphql.js', javascript, graphiql.graphqlWorker],
    ['worker-json.js', javascript, graphiql.jsonWorker],
    ['page.css', css, ideStyle],
    ['page.js', javascript, ideScript(graphqlPath, ideExamples)],
  ];
  // A new version has a new address, so that browsers may keep what they have.
  const version = createHash('sha256');
  for (const [, , text] of parts) version.update(text);
  const base = `/ide/${version.digest('hex').slice(0, 12)}`;
  const assets = new Map(parts.map(([name, type, text]) => [`${base}/${name}`, { type, text }]));
  return assets.set('/', { type: 'text/html; charset=utf-8', text: idePage(base) });
}

async function toFile({ type, text }: Asset, path: string, gzipped: boolean): Promise<IdeFile> {
  const body = gzipped ? await compress(text) : Buffer.from(text);
  return {
    body,
    headers: {
      'content-type': type,
      'cache-control': path === '/' ? 'no-cache' : 'public, max-age=31536000, immutable',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      ...(gzipped && { 'content-encoding': 'gzip' }),
    },
  };
}
