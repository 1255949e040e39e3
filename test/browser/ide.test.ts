import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Server } from '../../src/server/open-server.ts';
import { openGateway, testToken } from '../support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, someDomain } from '../support/memory-fleet.ts';

const chromiumPath = '/usr/bin/chromium';
const chromiumFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const runButton = '.graphiql-execute-button';
const result = '.result-window';

let browser: Browser;
let fleet: MemoryFleet;
let server: Server;
let page: Page;
let foreignRequests: string[];
let mistakes: string[];

beforeAll(async () => {
  if (!existsSync(chromiumPath)) {
    throw new Error(`These tests need Chromium at ${chromiumPath}: apt-get install --no-install-recommends chromium`);
  }
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
});

afterAll(() => browser?.close());

beforeEach(async () => {
  fleet = createMemoryFleet();
  fleet.putHost({ name: 'alpha' });
  fleet.putDomain(someDomain('alpha', 1));
  server = await openGateway(fleet);
  page = await browser.newPage();
  foreignRequests = [];
  mistakes = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) foreignRequests.push(request.url());
  });
  page.on('pageerror', (error) => mistakes.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') mistakes.push(message.text());
  });
});

afterEach(async () => {
  await page.close();
  await server.close();
  await fleet.close();
});

test('takes the token from the address, keeps it out of the address, and runs a query without asking another site', async () => {
  await page.goto(`${server.url}/#token=${testToken}`);
  await page.click(runButton);
  await page.locator(result, { hasText: 'vm-1' }).waitFor();

  expect(page.url()).not.toContain(testToken);
  expect(foreignRequests.filter((url) => !/^(data|blob):/.test(url))).toEqual([]);
  expect(mistakes).toEqual([]);
});

test('shows each change of a subscription', async () => {
  await page.goto(`${server.url}/#token=${testToken}`);
  const editor = page.locator('.graphiql-query-editor');
  await editor.filter({ hasText: 'query' }).waitFor();
  // Tabs slide into place when the page opens, and a pointer would miss them.
  await page.getByRole('tab', { name: 'Watch' }).getByText('Watch').dispatchEvent('click');
  await editor.filter({ hasText: 'subscription' }).waitFor();
  // It looks a moment later which operation the editor holds, and until then would run the one of the tab before. What it
  // writes down of its tabs it writes down after that.
  await page.waitForFunction(() => JSON.parse(localStorage.getItem('graphiql:tabState') ?? '{}').activeTabIndex === 1);
  await page.click(runButton);
  await page.locator(result, { hasText: 'RUNNING' }).waitFor();

  fleet.putDomain(someDomain('alpha', 1, { state: 'PAUSED', stateReason: 'user' }));

  await page.locator(result, { hasText: 'PAUSED' }).waitFor();
  expect(mistakes).toEqual([]);
});

test('asks for a token, says when it is wrong, and goes on with the right one', async () => {
  await page.goto(server.url);
  await page.fill('#token', 'not-the-token');
  await page.click('#sign-in button');
  await page.waitForSelector('text=The token is not valid.');
  await page.fill('#token', testToken);
  await page.click('#sign-in button');

  await page.waitForSelector(runButton);
  await page.reload();
  await page.waitForSelector(runButton);
  expect(await page.isVisible('#sign-in')).toBe(false);
});
