export const debianPackages: Readonly<
  Record<'lab' | 'browser' | 'npm-peers' | 'python' | 'go' | 'cc' | 'exporter', readonly string[]>
>;
