/** The tabs that GraphiQL opens with. Each must run as it is, and no line is wider than the editor on a small screen. */
export const ideExamples: readonly { readonly query: string }[] = [
  {
    query: `# Every domain of every host.
# Press the round button, or Ctrl+Enter.
query Domains {
  hosts {
    nodes {
      name
      status
      statusReason { code message remedy }
      asOf
    }
  }
  domains(first: 50, orderBy: { field: NAME }) {
    totalCount
    nodes {
      name
      state
      stateReason
      vcpus
      memory
      host { name }
      interfaces {
        macAddress
        tapMacAddress
        tapNote
      }
    }
  }
}
`,
  },
  {
    query: `# The present state first, then each change.
# Start or stop a domain elsewhere and watch.
subscription Watch {
  domainChanged {
    name
    state
    stateReason
    host { name }
  }
}
`,
  },
  {
    query: `# All running domains, every two seconds.
# Only what is selected is asked of the hosts.
subscription Readings {
  domainStats(intervalSeconds: 2) {
    at
    samples {
      domain { name }
      stats { cpu { usage } memory { current } }
    }
    missing { host { name } reason }
  }
}
`,
  },
  {
    query: `# Say what would happen, and do nothing.
# Put in a host and a domain of yours.
# Without dryRun it is done.
mutation Start(
  $host: String! = "alder"
  $name: String! = "web-1"
) {
  startDomain(input: {
    domain: { path: { host: $host, name: $name } }
    dryRun: true
  }) {
    summary
    domain { name state }
  }
}
`,
  },
];
