/** One line of the catalogue: what a code means, and what the person who sees it should do. */
export interface CatalogueEntry {
  readonly meaning: string
  readonly action: string
}

/** Every code a {@link Fault} can carry. ERRORS.md beside this file is this table, and a test holds them together. */
export const CATALOGUE = {
  CFG_UNREADABLE: {
    meaning: 'A configuration or state file cannot be read or written.',
    action: 'Check the file, its owner and its mode; Cordon wants it to be yours alone.',
  },
  CFG_INVALID: {
    meaning: 'The configuration has a mistake.',
    action: 'Mend the key and line that the message names; the last good configuration stays live meanwhile.',
  },
  HOST_DIRECTORY_UNSAFE: {
    meaning: "A directory that must be private is a link, a file, or somebody else's.",
    action: 'Remove what is there, or name another place with --state-dir or --runtime-dir.',
  },
  HOST_SOCKET_UNUSABLE: {
    meaning: 'An AF_UNIX socket cannot be made or its path is too long.',
    action: 'Stop the program that uses it, remove it, or name another --runtime-dir.',
  },
  HOST_ALREADY_RUNNING: {
    meaning: 'Another instance holds the state directory.',
    action: 'Use the one that runs, stop it with `cordon down`, or name other directories.',
  },
  LAB_PROGRAM_MISSING: {
    meaning: 'The lab needs a program that is not installed.',
    action: 'Install the Debian package that the message names.',
  },
  LAB_NO_NAMESPACES: {
    meaning: 'This machine refuses an ordinary user the namespaces that the lab lives in.',
    action: 'Set the kernel switch that the message names, or run the lab on another machine.',
  },
  LAB_ALREADY_RUNNING: {
    meaning: 'A lab runs in that directory.',
    action: 'Join it through its lab.sock, stop it, or name another directory with --dir.',
  },
  LAB_DIRECTORY_UNUSABLE: {
    meaning: "The lab's directory cannot be made, is somebody else's, or does not hold what it should.",
    action: 'Name a directory of your own with --dir, or remove the one that the message names.',
  },
  LAB_FAILED: {
    meaning: "One of the lab's programs stopped, or its network did not come up in time.",
    action: 'Read the log that the message names; on a busy machine, try again.',
  },
  GW_PORT_TAKEN: {
    meaning: 'A port is in use or wanted twice.',
    action: 'Stop the program that uses it, or name another port.',
  },
  GW_REGISTRY_INVALID: {
    meaning: 'The file that remembers apps and their ports is damaged.',
    action: 'Restore it from a backup, or remove it and add the apps again.',
  },
  GW_APP_UNKNOWN: {
    meaning: 'There is no app of that name.',
    action: 'See `cordon apps` for the names, or add it with `cordon apps add NAME`.',
  },
  GW_APP_EXISTS: {
    meaning: 'An app of that name exists already.',
    action: 'Choose another name, or remove the app first.',
  },
  GW_APP_CONFIGURED: {
    meaning: 'The app is declared in the configuration file, so a command cannot remove it.',
    action: 'Remove it from cordon.yaml; the change is seen at once.',
  },
  GW_APP_RESERVED: {
    meaning: "The name begins with cordon-, and apps of that kind are Cordon's own.",
    action: 'Choose another name. What is its own is neither added, removed nor configured.',
  },
  GW_REQUEST_INVALID: {
    meaning: 'A request to an API of Cordon does not have the shape that it must have.',
    action: 'Correct what the message names; `cordon COMMAND --help` shows what is allowed.',
  },
  GW_TOR_UNREACHABLE: {
    meaning: 'The gateway has no control connection to tor, so it cannot see or close circuits.',
    action: 'Wait for tor to come back, or see `cordon status` for what it waits for.',
  },
  VIA_ADDRESS_INVALID: {
    meaning: 'An address to ask through Tor is not one that may be asked.',
    action: 'Write https://HOST/PATH, or http:// for an onion service.',
  },
  VIA_PORT_UNREACHABLE: {
    meaning: "One of Cordon's services cannot reach its app port.",
    action: 'Wait for the gateway to come back; `cordon status` shows what it waits for.',
  },
  VIA_REFUSED: {
    meaning: 'The gateway or tor refused a stream of one of the services.',
    action: 'Wait and try again; if every request fails so, see `cordon doctor`.',
  },
  VIA_TLS_FAILED: {
    meaning: 'A server could not prove to be who it should be.',
    action: 'Try again, which uses another exit; if it stays, check the clock with `cordon clock`.',
  },
  VIA_TOO_LATE: {
    meaning: 'A server did not answer completely within the time allowed.',
    action: 'Try again later, which uses another circuit.',
  },
  VIA_TOO_SLOW: {
    meaning: 'A server sent its answer slower than allowed.',
    action: 'Try again later; a server that always does so is holding the answer back.',
  },
  VIA_TOO_LARGE: {
    meaning: 'A server sent more than allowed.',
    action: 'Try again, which uses another exit; if it stays, the address is not what it should be.',
  },
  VIA_CUT_SHORT: {
    meaning: 'A connection ended before the answer was complete.',
    action: 'Try again later, which uses another circuit.',
  },
  VIA_ANSWER_INVALID: {
    meaning: 'A server does not speak HTTP as it must.',
    action: 'Try again, which uses another exit; if it stays, the address is not what it should be.',
  },
  VIA_ABORTED: {
    meaning: 'A request was given up because the service stops or does something else.',
    action: 'Nothing; it is asked again when it is due.',
  },
  TOR_CONTROL_UNREACHABLE: {
    meaning: "Tor's control socket does not answer, or not as it must.",
    action: 'Wait for tor to come back; `cordon status` shows what it waits for.',
  },
  TOR_CONTROL_REFUSED: {
    meaning: 'Tor and Cordon cannot authenticate to each other.',
    action: 'Set CookieAuthentication 1 and let this user read the cookie file, or name a passwordFile.',
  },
  TOR_COMMAND_ILLEGAL: {
    meaning: 'A value that would break the line of a control command was refused.',
    action: 'Take line breaks and control characters out of the value.',
  },
  SUP_USAGE: {
    meaning: 'A command was given something that it does not take.',
    action: 'Follow the message; `cordon help` lists what each command takes.',
  },
  SUP_NOT_RUNNING: {
    meaning: 'No Cordon runs on these directories.',
    action: 'Start it with `cordon up`, or name its directories with --state-dir and --runtime-dir.',
  },
  SUP_NOT_READY: {
    meaning: 'Cordon runs, and tor or a part is not ready; nothing passes meanwhile.',
    action: 'See `cordon status` for what it waits for.',
  },
  SUP_SERVICE_LEFT_OUT: {
    meaning: 'A command needs a service that the configuration leaves out.',
    action: 'Add it to services in cordon.yaml, and start Cordon again.',
  },
  SUP_ANSWER_UNKNOWN: {
    meaning: 'A part of Cordon answered with something that this command does not know.',
    action: 'The command and the running Cordon may be of different versions: restart it.',
  },
  SUP_PART_MISSING: {
    meaning: 'A program that Cordon consists of is not where it should be.',
    action: 'Install Cordon again.',
  },
  SUP_PART_FAILED: {
    meaning: 'A part of Cordon cannot work.',
    action: 'Follow what the message says of it.',
  },
  TOR_MISSING: {
    meaning: 'There is no tor on this machine.',
    action: 'Install the package tor, or name one with tor.program.',
  },
  TOR_TOO_OLD: {
    meaning: 'The tor on this machine is too old, or the program is no tor.',
    action: 'Install tor 0.4.8 or newer.',
  },
  TOR_CONFIGURATION_REFUSED: {
    meaning: 'tor refuses the configuration that it was given.',
    action: 'Mend the line of the additions file, or the bridges, that the message names.',
  },
  TOR_PATH_UNFIT: {
    meaning: 'A path cannot be written into a torrc.',
    action: 'Name directories without quotes, backslashes, # and control characters.',
  },
  TOR_TRANSPORT_MISSING: {
    meaning: 'The program that speaks the transport of a bridge is not on this machine.',
    action: 'Install the package that the message names, or name its path in tor.bridges.',
  },
  TOR_PROXY_CREDENTIALS: {
    meaning: 'The file with the credentials of the upstream proxy cannot be used.',
    action: 'Write two lines, user name and password, into a file of mode 0600.',
  },
  TOR_EXTERNAL_UNFIT: {
    meaning: 'The tor named in the configuration lacks what isolation needs.',
    action: 'Add to its torrc what the message names, and reload it.',
  },
  CLK_NOT_PERMITTED: {
    meaning: 'The kernel does not let this process set the clock.',
    action: 'Let chrony take the samples, give the clock service CAP_SYS_TIME, or set the clock as root.',
  },
  CLK_TIME_INVALID: {
    meaning: 'A time to set is none, has no time zone, or cannot be now.',
    action: 'Write it with its zone, as `date --rfc-3339=seconds` prints it: 2026-11-23T14:05:00+01:00.',
  },
  CLK_WINDOW_UNKNOWN: {
    meaning: 'The gateway cannot say which consensus tor has verified, so no time can be believed.',
    action: 'Wait for tor to come back; `cordon status` shows what it waits for.',
  },
  TEL_COLLECTOR_REMOTE: {
    meaning: 'The collector of spans is beyond this machine, and no way through Tor was given.',
    action: 'Name a collector on 127.0.0.1, [::1] or an AF_UNIX socket.',
  },
  TEL_COLLECTOR_INVALID: {
    meaning: 'The address of the collector of spans cannot be understood, or would carry spans in the clear.',
    action: 'Write unix:/PATH or http://127.0.0.1:PORT/v1/traces.',
  },
  DNS_PORT_TAKEN: {
    meaning: 'The DNS port of an app is in use.',
    action: 'Stop the program that uses it, or give the app another one with dns.port.',
  },
  DNS_SENDER_UNKNOWN: {
    meaning: 'The kernel does not tell whose program sends over UDP, so names are answered over TCP alone.',
    action: 'Load the module udp_diag, or have programs ask over TCP.',
  },
  DNS_GATEWAY_UNREACHABLE: {
    meaning: 'The gateway does not tell which apps there are, so no name is answered.',
    action: 'Wait for it to come back; `cordon status` shows what it waits for.',
  },
  QUE_UNREACHABLE: {
    meaning: 'Redis does not answer, so no job can be queued. The traffic of apps is not affected.',
    action: 'Wait, the queue heals alone; `cordon status` shows the state of redis.',
  },
  QUE_SETTINGS_UNSAFE: {
    meaning: 'The settings of Redis cannot be used without a risk.',
    action: 'Follow the message: an address instead of a name, TLS beyond this machine, a password file of your own.',
  },
  QUE_PASSWORD_REFUSED: {
    meaning: 'Redis refuses the user name or password, or wants one.',
    action: 'Put the right password into the passwordFile of the settings of Redis.',
  },
  QUE_CERTIFICATE_REFUSED: {
    meaning: 'The certificate of that Redis is not one that the settings let us believe.',
    action: 'Put the name in its certificate into tls.name, and the authority that signed it into tls.authorityFile.',
  },
  QUE_REDIS_TOO_OLD: {
    meaning: 'That Redis is too old for the queue.',
    action: 'Use Redis 6.2 or newer.',
  },
  QUE_EVICTION_POLICY: {
    meaning: 'That Redis throws keys away when its memory is full, and jobs with them.',
    action: 'Set maxmemory-policy noeviction in its configuration.',
  },
  QUE_SCRIPTS_REFUSED: {
    meaning: 'That Redis does not run scripts, which the queue consists of.',
    action: 'Allow this user EVAL, EVALSHA and the commands of the queue (ACL), with Lua and cmsgpack.',
  },
  QUE_WRITES_REFUSED: {
    meaning: 'That Redis takes no writes: its memory or disk is full, or it is a replica.',
    action: 'Raise maxmemory, free its disk, or name the primary.',
  },
  QUE_JOB_INVALID: {
    meaning: 'A job is unknown or does not have the shape that it must have, and was refused.',
    action: 'If it came from Cordon, report it; if not, find out who else writes to that Redis.',
  },
  QUE_PENDING_FULL: {
    meaning: 'Too many jobs wait for Redis to come back.',
    action: 'See `cordon status` for what redis waits for.',
  },
  QUE_LOCK_LOST: {
    meaning: 'A worker was held up so long that its job was given to another; what it still did was stopped.',
    action: 'None if it is rare; a machine that stalls often is overloaded or short of memory.',
  },
  QUE_CLOSED: {
    meaning: 'The queue of this part is closed, because the part is stopping.',
    action: 'None; the job is queued again when it is due after the start.',
  },
  RUN_COMMAND_INVALID: {
    meaning: 'The command to run confined cannot be what was meant.',
    action: 'Name the program as in a shell, or by its path.',
  },
  RUN_COMMAND_MISSING: {
    meaning: 'The program to run confined is not there, cannot be started, or would not be seen by itself.',
    action: 'Install it, or name its path outside /tmp and /run.',
  },
  RUN_TOOL_MISSING: {
    meaning: 'Confinement needs a program that is not installed.',
    action: 'Install the package that the message names.',
  },
  RUN_NAMESPACES_REFUSED: {
    meaning: 'This machine refuses an ordinary user the namespaces that confinement consists of.',
    action: 'Set the kernel switch that the message names, or run it as root.',
  },
  RUN_KERNEL_UNFIT: {
    meaning: 'This kernel lacks something that confinement consists of.',
    action: 'Load the module that the message names, or use the kernel of the distribution.',
  },
  RUN_SETUP_FAILED: {
    meaning: 'The namespaces of a confined program could not be set up; it was not started.',
    action: 'Follow what the message says; in a container, allow it namespaces and mounts.',
  },
  RUN_PROFILE_UNKNOWN: {
    meaning: 'There is no profile of that name, and no program either.',
    action: 'See `cordon profiles` for the names, or give the command: cordon run APP -- COMMAND.',
  },
  RUN_ALREADY_CONFINED: {
    meaning: 'Confinement was asked for by a program that is confined itself.',
    action: 'Start the program as it is, or use a terminal that is not confined.',
  },
  RUN_ALREADY_OUTSIDE: {
    meaning: 'The same program runs outside confinement and could do the work of the confined one.',
    action: 'End it, give the app a profile directory of its own, or use --force.',
  },
  UPD_NEVER_CHECKED: {
    meaning: 'The product has not been asked about yet.',
    action: 'Wait, it is asked at a random time; or `cordon updates check PRODUCT`.',
  },
  UPD_CLOCK_UNTRUSTED: {
    meaning: 'The clock is not trusted, so nobody can say whether an answer is fresh.',
    action: 'See `cordon clock`; checks go on by themselves when it is trusted.',
  },
  UPD_ANSWER_OLD: {
    meaning: 'The last answer that was believed is too old to call the product current.',
    action: 'See why newer checks failed with `cordon updates history`.',
  },
  UPD_FROZEN: {
    meaning: 'What the source says has expired, or it has been silent for longer than it promises (freeze).',
    action: 'Check again, which uses another exit; if it stays, look at the project by other means.',
  },
  UPD_ROLLBACK: {
    meaning: 'The source says something older than what was seen before (rollback).',
    action:
      'Check again, which uses another exit; if it stays, it is served old on purpose, or the project took a release back: only if you know that, `cordon updates forget PRODUCT`.',
  },
  UPD_FROM_THE_FUTURE: {
    meaning: 'What the source says is dated in the future.',
    action: 'Check the clock with `cordon clock`; if it is right, the source is wrong.',
  },
  UPD_SIGNATURE_BAD: {
    meaning: 'What came is not signed as it must be by a key that the product names.',
    action: 'Check again, which uses another exit; if it stays, see whether the project has a new key.',
  },
  UPD_KEY_MISSING: {
    meaning: 'The file with the keys of a product is missing, unreadable or lacks them.',
    action: 'Put the key with the fingerprint that the message names into the file that it names.',
  },
  UPD_PROGRAM_MISSING: {
    meaning: 'A program that verifies signatures is not on this machine.',
    action: 'Install the package that the message names.',
  },
  UPD_MISMATCH: {
    meaning: 'A file is not the one that the signed metadata names: another hash, size or version (mix-and-match).',
    action: 'Check again later: the source may be changing at this moment.',
  },
  UPD_WRONG_PRODUCT: {
    meaning: 'What came is for another product, architecture or channel.',
    action: 'Check the settings of the product; if they are right, the source is not.',
  },
  UPD_MALFORMED: {
    meaning: 'What came cannot be read as what the source should send.',
    action: 'Check again, which uses another exit; if it stays, the address or its format has changed.',
  },
  UPD_REFUSED: {
    meaning: 'The source answered with an error.',
    action: 'Check the address of the product; some servers refuse Tor, and another exit may do.',
  },
  UPD_REDIRECT_REFUSED: {
    meaning:
      'The source leads to a place that may not be asked: clear HTTP, away from an onion service, or in circles.',
    action: 'Check the address of the product.',
  },
  UPD_NOT_INSTALLED: {
    meaning: 'The version on this machine was not found.',
    action: 'Install the product, or say where its version is found with the key installed.',
  },
  UPD_PRODUCT_UNKNOWN: {
    meaning: 'There is no product of that name.',
    action: 'See `cordon updates` for the names, and the catalogue below them for what can be added.',
  },
  UPD_PRODUCT_EXISTS: {
    meaning: 'A product of that name exists already.',
    action: 'Remove it first, or choose another name.',
  },
  UPD_PRODUCT_CONFIGURED: {
    meaning: 'The product is declared in the configuration file, so a command cannot remove it.',
    action: 'Remove it from cordon.yaml, which is followed while Cordon runs.',
  },
  UPD_NOTHING_TO_FETCH: {
    meaning: 'There is nothing to download that could be verified.',
    action: 'Check the product first; one without a signed hash or signature is not downloaded.',
  },
  UPD_STATE_INVALID: {
    meaning: 'What was remembered of a product is damaged, so a rollback could not be seen.',
    action: 'Restore the file that the message names from a backup, or remove it and lose that memory.',
  },
  LOCK_NOT_ROOT: {
    meaning: 'Lockdown is about the whole machine, and only root may read and change its rules.',
    action: 'Run the command with sudo.',
  },
  LOCK_USER_MISSING: {
    meaning: 'The user that tor is to run as does not exist, so rules that name it could not be loaded.',
    action: 'Install the package tor, or name the user with --tor-user.',
  },
  LOCK_NO_RELAYS: {
    meaning: 'Lockdown is to let tor reach relays alone, and none is known.',
    action: 'Let tor bootstrap once, or name a bridge with --bridge.',
  },
  LOCK_OFF: {
    meaning: 'The command is about a locked machine, and this one is not locked.',
    action: 'Lock it with `cordon lockdown on`; to log in at a portal, any browser will do while it is off.',
  },
  LOCK_PORTAL: {
    meaning: 'The browser for a login at a captive portal cannot be opened; the machine stays locked.',
    action: 'Do what the message says.',
  },
  LOCK_REFUSED: {
    meaning: 'The kernel does not take the rules of lockdown; nothing was changed.',
    action: 'Load the modules that the message names, or use the kernel of the distribution.',
  },
} as const satisfies Record<string, CatalogueEntry>

/** A stable code for machines. */
export type FaultCode = keyof typeof CATALOGUE
