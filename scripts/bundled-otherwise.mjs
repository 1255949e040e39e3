/** Modules of Node that packages read at their beginning, and that only a gateway with a certificate needs. */
const late = /^(?:node:)?(?:http2|https|tls)$/;
/** Takes Node's own hashes by a way that is not there in a bundle, and then one in JavaScript: a thousand lines, and slow. */
const apolloHash = /^@apollo\/utils\.createhash$/;
const mark = '\0otherwise:';

/**
 * A plugin of rolldown for what packages would do in a bundle, and should not. Node reads a late module when something of
 * it is first looked at; whoever takes it apart at once, as `const { connect } = require('tls')` does, has it at once.
 */
export function bundledOtherwise() {
  return {
    name: 'bundled-otherwise',
    resolveId: {
      filter: { id: [late, apolloHash] },
      handler: (id) => `${mark}${id.replace(/^node:/, '')}`,
    },
    load(id) {
      if (!id.startsWith(mark)) return null;
      const name = id.slice(mark.length);
      if (apolloHash.test(name)) return "exports.createHash = require('node:crypto').createHash;";
      return `
        module.exports = new Proxy({}, {
          get: (_, key) => process.getBuiltinModule('node:${name}')[key],
        });`;
    },
  };
}
