import type { Profile } from './profile.ts'
import { confined } from './profile-defaults.ts'

/** Commands of the shell. Each run is one identity; `cordon renew` starts another. */
export const COMMANDS: readonly Profile[] = [
  confined({
    name: 'git',
    title: 'Git',
    programs: ['git'],
    advice: 'Credential helpers and signing agents outside are out of reach; name and address in commits are yours.',
  }),
  confined({
    name: 'ssh',
    title: 'SSH',
    programs: ['ssh'],
    arguments: ['-o', 'ControlMaster=no', '-o', 'ControlPath=none', '-o', 'ForwardAgent=no', '-o', 'ForwardX11=no'],
    advice: 'The agent outside is out of reach; a key that is used elsewhere tells that it is you.',
  }),
  confined({
    name: 'curl',
    title: 'curl',
    programs: ['curl'],
    // First of all arguments: without it ~/.curlrc may name another proxy.
    arguments: ['--disable'],
    advice: 'It sends its own name as User-Agent; --user-agent changes that.',
  }),
  confined({
    name: 'wget',
    title: 'Wget',
    programs: ['wget'],
    arguments: ['--no-config', '--no-proxy', '--no-hsts'],
    advice: 'It sends its own name as User-Agent; --user-agent changes that.',
  }),
  confined({
    name: 'apt',
    title: 'APT',
    programs: ['apt-get'],
    // Its child cannot become another user without capabilities, and sources that are onions are no mistake here.
    arguments: ['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::BlockDotOnion=false'],
    settings: { isolate: 'host' },
    advice: 'For `apt-get update` and `download`, as root; installing needs rights that a confined program has not.',
  }),
  confined({
    name: 'pip',
    title: 'pip',
    programs: ['pip', 'pip3'],
    arguments: ['--isolated', '--disable-pip-version-check'],
    advice: 'What it builds runs confined too; what it installs may be run outside later.',
  }),
  confined({
    name: 'npm',
    title: 'npm',
    programs: ['npm'],
    env: { NPM_CONFIG_UPDATE_NOTIFIER: 'false', NPM_CONFIG_AUDIT: 'false', NPM_CONFIG_FUND: 'false' },
    advice: 'Install scripts run confined too; what it installs may be run outside later.',
  }),
  confined({
    name: 'cargo',
    title: 'Cargo',
    programs: ['cargo'],
    env: { CARGO_HTTP_MULTIPLEXING: 'false' },
    advice: 'Build scripts run confined too; what it builds may be run outside later.',
  }),
  confined({
    name: 'skopeo',
    title: 'Skopeo, for pulling images of Docker and Podman',
    programs: ['skopeo'],
    advice:
      'docker pull asks a daemon that is outside; use: cordon run skopeo copy docker://IMAGE docker-archive:FILE, then docker load.',
  }),
]
