// SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>

#include "cli/verb.h"
#include "crdt/crypto/crypto.h"

int main(int argc, char** argv) {
  // A core dump would hold keys and records; nobody needs one from a clerk's laptop.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // Nor can other programs of the same user read this one's memory.
  prctl(PR_SET_DUMPABLE, 0);
  cunju::crypto::initialize();
  cunju::cli::Terminal terminal(std::cout, std::cerr);
  terminal.is_interactive = isatty(STDERR_FILENO) != 0;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(cunju::cli::run_command(terminal, arguments));
}
