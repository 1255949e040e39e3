/** Modules of Node that packages read at their beginning, and that only a gateway with a certificate needs. */
const late = /^(?:node:)?(?:http2|https|tls)$/;
const mark = '\0late:';

/**
 * A plugin of rolldown that has Node read each of them when something of it is first looked at, and not before. Whoever
 * takes it apart at once, as `const { Worker } = require(…)` does, has it at once.
 */
export function lateBuiltins() {
  return {
    name: 'late-builtins',
    resolveId: {
      filter: { id: late },
      handler: (id) => `${mark}${id.replace(/^node:/, '')}`,
    },
    load: {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: rolldown's sign of a module that is no file
      filter: { id: /^\0late:/ },
      handler: (id) => `
        module.exports = new Proxy({}, {
          get: (_, name) => process.getBuiltinModule('node:${id.slice(mark.length)}')[name],
        });`,
    },
  };
}
