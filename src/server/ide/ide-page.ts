/** The page around GraphiQL: three small files, written for a browser. */

export function idePage(base: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>virtgraph</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/graphiql.css">
<link rel="stylesheet" href="${base}/page.css">
</head>
<body class="no-focus-outline">
<noscript>This page needs JavaScript.</noscript>
<div id="root"><p class="virtgraph-note">Loading …</p></div>
<form id="sign-in" hidden>
<h1>virtgraph</h1>
<p id="sign-in-reason">Sign in with the gateway’s token. It was printed when the gateway first started, and lies in the
file <code>token</code> of its state directory.</p>
<label for="token">Token</label>
<input id="token" type="password" autocomplete="current-password" spellcheck="false" required>
<button type="submit">Sign in</button>
</form>
<script src="${base}/page.js" data-base="${base}"></script>
</body>
</html>
`;
}

export const ideStyle = `
html, body, #root { height: 100%; margin: 0; }
.virtgraph-note, #sign-in { font: 16px/1.5 system-ui, sans-serif; color: #1f2937; }
.virtgraph-note { padding: 2rem; }
#sign-in { max-width: 26rem; margin: 12vh auto 0; padding: 0 1rem; }
#sign-in h1 { font-size: 1.5rem; }
#sign-in label { display: block; font-weight: 600; }
#sign-in input { width: 100%; box-sizing: border-box; padding: .5rem; margin: .25rem 0 1rem; font: inherit; border: 1px solid #6b7280; border-radius: .25rem; }
#sign-in button { padding: .5rem 1.25rem; font: inherit; color: #fff; background: #1d4ed8; border: 0; border-radius: .25rem; cursor: pointer; }
`;

/**
 * Signs in, then starts GraphiQL. The token comes after the address's \`#\`, which no browser sends to a server, or from
 * the form; it is kept for this tab alone.
 */
export function ideScript(graphqlPath: string, tabs: readonly { readonly query: string }[]): string {
  const settings = JSON.stringify({ graphqlPath, tabs });
  return `'use strict';
(async () => {
  const settings = ${settings};
  const { base } = document.currentScript.dataset;
  const storageKey = 'virtgraph-token';
  const root = document.getElementById('root');
  const form = document.getElementById('sign-in');

  const fromAddress = new URLSearchParams(location.hash.slice(1)).get('token');
  if (fromAddress !== null) {
    sessionStorage.setItem(storageKey, fromAddress);
    history.replaceState(null, '', location.pathname + location.search);
  }

  const headersFor = (token) => (token ? { authorization: 'Bearer ' + token } : {});

  async function whyRefused(token) {
    const response = await fetch(settings.graphqlPath, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersFor(token) },
      body: '{"query":"{ __typename }"}',
    });
    if (response.ok) return null;
    const answer = await response.json().catch(() => null);
    return answer?.errors?.[0]?.message ?? 'The gateway answered ' + response.status + '.';
  }

  function askForToken(reason) {
    root.hidden = true;
    form.hidden = false;
    if (reason) document.getElementById('sign-in-reason').textContent = reason;
    document.getElementById('token').focus();
    return new Promise((resolve) => {
      form.onsubmit = (event) => {
        event.preventDefault();
        resolve(document.getElementById('token').value.trim());
      };
    });
  }

  async function signIn() {
    let token = sessionStorage.getItem(storageKey);
    for (let isFirst = true; ; isFirst = false) {
      const reason = await whyRefused(token);
      if (reason === null) return token;
      sessionStorage.removeItem(storageKey);
      token = await askForToken(isFirst && !token ? null : reason);
      sessionStorage.setItem(storageKey, token);
    }
  }

  function load(file) {
    return new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = base + '/' + file;
      script.onload = resolve;
      script.onerror = () => reject(new Error('GraphiQL cannot be loaded.'));
      document.head.append(script);
    });
  }

  try {
    const token = await signIn();
    form.hidden = true;
    root.hidden = false;
    const workers = { json: 'worker-json.js', graphql: 'worker-graphql.js' };
    self.MonacoEnvironment = {
      globalAPI: false,
      getWorkerUrl: (_module, label) => base + '/' + (workers[label] ?? 'worker-editor.js'),
    };
    await load('graphiql.js');
    root.replaceChildren();
    const socketUrl = new URL(settings.graphqlPath, location.href);
    socketUrl.protocol = socketUrl.protocol.replace('http', 'ws');
    YogaGraphiQL.renderYogaGraphiQL(root, {
      title: 'virtgraph',
      logo: ' ',
      endpoint: settings.graphqlPath,
      method: 'POST',
      subscriptionsProtocol: 'WS',
      subscriptionsEndpoint: socketUrl.href,
      additionalHeaders: headersFor(token),
      connectionParams: headersFor(token),
      defaultTabs: settings.tabs,
      shouldPersistHeaders: false,
    });
  } catch (error) {
    root.hidden = false;
    root.innerHTML = '<p class="virtgraph-note"></p>';
    root.firstChild.textContent = 'The page could not be started: ' + error.message;
  }
})();
`;
}
