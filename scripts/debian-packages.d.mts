export const debianPackages: Readonly<
  Record<'lab' | 'browser' | 'python' | 'go' | 'cc' | 'exporter', readonly string[]>
>;
