// What `rigctl local` takes on its command line, which is what `npm start --` takes.
import { Option, type Command } from 'commander';

import { measuring, wholeNumber } from './arguments.js';
import { BOOKFEED_LINKS, FEEDS, TRANSPORTS, VENUES } from './bookfeed/options.js';
import { LOCAL_EXIT_HELP } from './exit.js';
import { LINKS } from './pair/link.js';
import { PAIR_DEFAULTS } from './pair/pair.js';

export function localCommand(command: Command): Command {
  const options = command
    .description(
      'the rig on this machine: a core polling a virtual port, proven by ping and UDP echo; Ctrl-C takes it down',
    )
    .addOption(
      new Option('--workload <workload>', "the packet core, or an exchange's feed by TCP into order books")
        .choices(['pollcore', 'bookfeed'])
        .default('pollcore'),
    )
    .addOption(
      new Option('--topology <topology>', 'one core and the kernel, or a generator that measures a peer')
        .choices(['single', 'pair'])
        .default('single'),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'what the core, or the peer, does (default: respond; of a pair reflect)',
      ).choices(['respond', 'sink', 'reflect']),
    )
    .option(
      '--seconds <n>',
      'end by itself after n seconds; 0: at Ctrl-C (default: 0; of bookfeed 20)',
      wholeNumber(0, 86_400),
    )
    .option('--keep', 'leave the rig running at the end', false)
    .option('--json', 'one JSON document a line on standard output', false)
    .option('--down', 'take down a rig that was left running', false)
    .addOption(
      new Option(
        '--link <link>',
        'what joins a pair (default: memif, shared memory), or how bookfeed is on its veth (default: af_packet)',
      ).choices([...LINKS, ...BOOKFEED_LINKS]),
    );
  return measuring(following(options), 1518, PAIR_DEFAULTS)
    .showHelpAfterError('(npm start -- --help lists what is allowed)')
    .addHelpText('after', LOCAL_EXIT_HELP);
}

/** What only bookfeed takes. */
function following(command: Command): Command {
  return command
    .addOption(new Option('--venue <venue>', 'whose feed bookfeed follows (default: kraken)').choices(VENUES))
    .addOption(
      new Option(
        '--transport <transport>',
        "bookfeed's TCP: lwIP on DPDK, or the kernel's (default: lwip)",
      ).choices(TRANSPORTS),
    )
    .addOption(
      new Option(
        '--feed <feed>',
        'what the local exchange plays (default: recorded where ../shared/feeds is, else generated)',
      ).choices(FEEDS),
    )
    .option('--rate <n>', 'messages a second to bookfeed (default: 1000)', wholeNumber(1, 10_000));
}
