import type { NewToken, SignIn } from './token.ts';

export type WelcomeFacts = {
  readonly version: string;
  readonly url: string;
  readonly signIn: SignIn;
  /** `null`: the embedded fleet is served, since there is none. */
  readonly configFile: string | null;
  readonly hostCount: number;
  /** `null`: no TLS. */
  readonly certFile: string | null;
};

/** What a person who started the gateway reads. The only place that ever shows the token, and only when it is new. */
export function welcome({ version, url, signIn, configFile, hostCount, certFile }: WelcomeFacts): string {
  const { shellToken, newToken } = signIn;
  const hosts = hostCount === 1 ? '1 host' : `${hostCount} hosts`;
  const fleet =
    configFile === null
      ? `${hosts} of the embedded fleet, which only pretends; name yours in virtgraph.yaml`
      : `${hosts} of ${configFile}`;
  const authorization = shellToken === null ? '' : ` -H "Authorization: Bearer ${shellToken}"`;
  const trust = certFile === null ? '' : ` --cacert '${certFile}'`;
  const curl = (flags: string, headers: string, query: string) =>
    `curl ${flags}${trust} ${url}/graphql${authorization} -H 'Content-Type: application/json'${headers} -d '{"query":"${query}"}'`;
  const lines = [
    `virtgraph ${version} is ready at ${url}`,
    `It serves ${fleet}.`,
    '',
    ...(newToken === null ? [] : aboutToken(newToken)),
    'Three things to try:',
    '',
    'Ask:',
    `  ${curl('-s', '', '{ domains { nodes { name state host { name } } } }')}`,
    '',
    'Watch:',
    `  ${curl('-sN', " -H 'Accept: text/event-stream'", 'subscription { domainChanged { name state } }')}`,
    '',
    'Explore, in a browser:',
    `  ${url}/${newToken === null || newToken.shown === null ? '' : `#token=${newToken.shown}`}`,
    '',
  ];
  return lines.join('\n');
}

function aboutToken({ file, shown }: NewToken): readonly string[] {
  if (shown === null)
    return [`The sign-in token, made just now, lies in ${file}; it is not shown here, since this is logged.`, ''];
  return [
    'The sign-in token, made just now and not shown again:',
    '',
    `  ${shown}`,
    '',
    'It lies in the file that the commands below read, where only you can.',
    '',
  ];
}
