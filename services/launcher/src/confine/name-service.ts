/** Files that decide how names are looked up, as a confined program sees them. */
export const NAME_SERVICE_FILES: readonly { readonly path: string; readonly content: string }[] = [
  {
    path: '/etc/resolv.conf',
    // No search list: a suffix of the user's network would be seen at an exit.
    content: 'nameserver 127.0.0.1\noptions timeout:10 attempts:2\n',
  },
  {
    path: '/etc/nsswitch.conf',
    // Modules such as nss-resolve and mdns ask daemons outside; `files` and `dns` ask nobody but us.
    content: [
      'passwd: files',
      'group: files',
      'shadow: files',
      'initgroups: files',
      'hosts: files dns',
      'networks: files',
      'protocols: files',
      'services: files',
      'ethers: files',
      'rpc: files',
      '',
    ].join('\n'),
  },
]
