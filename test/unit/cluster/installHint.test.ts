import { describe, expect, it } from 'vitest';
import {
  installHint,
  installHintOnLinux,
  isNewEnough,
  RedisServerMissing,
} from '../../../src/cluster/redisServer';

describe('the install command for a Redis server', () => {
  it.each([
    ['ID=debian\nVERSION_ID="12"\n', 'sudo apt-get install redis-server'],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', 'sudo apt-get install redis-server'],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'sudo apt-get install redis-server'],
    ['ID=fedora\n', 'sudo dnf install valkey'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'sudo dnf install redis'],
    ['ID=arch\n', 'sudo pacman -S valkey'],
    ['ID=alpine\n', 'sudo apk add redis'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'sudo zypper install redis'],
  ])('follows %j', (release, hint) => {
    expect(installHintOnLinux(release)).toBe(hint);
  });

  it('names the package where the system is not known', () => {
    expect(installHintOnLinux('')).toBe('the package redis or valkey of this system');
  });

  it('is brew on macOS and points to WSL on Windows', () => {
    expect(installHint('darwin')).toBe('brew install redis');
    expect(installHint('win32')).toContain('wsl');
  });

  it('ends the message of what is missing', () => {
    expect(new RedisServerMissing('sudo apt-get install redis-server').message).toBe(
      'No redis-server or valkey-server found. Install one: sudo apt-get install redis-server',
    );
  });
});

describe('the version of a Redis server', () => {
  it('must be 6.2 or newer', () => {
    const versions = ['5.0.14', '6.0.16', '6.2.0', '7.0.15', '8.1.2', '10.0.0'];
    expect(versions.filter(isNewEnough)).toEqual(['6.2.0', '7.0.15', '8.1.2', '10.0.0']);
  });
});
