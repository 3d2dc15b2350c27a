// SPDX-License-Identifier: Apache-2.0
//
// The real program as real processes: run_program() waits for one to end and keeps what it wrote;
// ServerProcess is one that runs until it is stopped. Every process is bounded in time, ended by
// its own id, and never outlives the object or call that started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace cunju::test {

using Milliseconds = std::chrono::milliseconds;

struct RunOptions {
  std::map<std::string, std::string> environment;  ///< In addition to the caller's.
  std::string input;                               ///< Standard input; then its end.
  Milliseconds timeout = std::chrono::seconds(120);
  /// Kills the process with SIGKILL after this time; zero: lets it end by itself.
  Milliseconds kill_after{0};
};

struct RunResult {
  int exit_code = -1;  ///< -1 when a signal ended it.
  int signal = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
};

RunResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                      const RunOptions& options = {});

/// A process whose output goes to files, so that nobody has to read it for it to go on.
class ServerProcess {
 public:
  /// `log`: path without suffix; ".out" and ".err" are made. It is killed after `lifetime` at the
  /// latest, whatever happens to the test.
  ServerProcess(const std::string& program, std::vector<std::string> arguments,
                const std::map<std::string, std::string>& environment, const std::string& log,
                std::chrono::seconds lifetime = std::chrono::seconds(600));
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Waits until it says that it listens; its address, or empty when it ended or took too long.
  std::string wait_until_listening(Milliseconds timeout = std::chrono::seconds(30));
  bool is_running();
  /// SIGTERM, then waits; the exit code, or -1 when it had to be killed or a signal ended it.
  int stop(Milliseconds timeout = std::chrono::seconds(15));
  /// SIGKILL, then waits.
  void kill_now();
  pid_t pid() const { return pid_; }
  std::string out() const;
  std::string err() const;

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool has_ended_ = false;
  std::string log_;
};

std::string read_text_file(const std::string& path);
/// Resident memory of a process, in bytes; 0 when it is gone.
std::size_t resident_bytes(pid_t pid);

}  // namespace cunju::test
