/** What the servers under load are opened with. */
export const loadToken = 'a-token-for-load';
