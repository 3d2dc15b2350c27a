// SPDX-License-Identifier: Apache-2.0
#include "tests/support/processes.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "crdt/base/check.h"

extern char** environ;

namespace cunju::test {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Everything that exec needs, made before the fork: a child of a threaded test may not allocate.
struct Command {
  Command(const std::string& program, const std::vector<std::string>& arguments,
          const std::map<std::string, std::string>& environment) {
    words.push_back(program);
    words.insert(words.end(), arguments.begin(), arguments.end());
    for (char** entry = environ; *entry != nullptr; ++entry) {
      std::string name(*entry, std::strcspn(*entry, "="));
      if (environment.find(name) == environment.end()) variables.emplace_back(*entry);
    }
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
    for (std::string& word : words) argv.push_back(word.data());
    for (std::string& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
  }
  std::vector<std::string> words, variables;
  std::vector<char*> argv, envp;
};

pid_t start(Command& command, int in, int out, int err, unsigned lifetime_seconds) {
  // A signal that comes before exec must end the child, not run the test's own handlers in it.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  pid_t pid = ::fork();
  if (pid != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CUNJU_CHECK(pid >= 0, "tests need processes");
  if (pid == 0) {
    for (int number : {SIGTERM, SIGINT, SIGABRT, SIGSEGV}) ::signal(number, SIG_DFL);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    // An alarm survives exec: the process ends even when the test itself is killed.
    ::alarm(lifetime_seconds);
    ::execve(command.argv[0], command.argv.data(), command.envp.data());
    ::_exit(127);
  }
  return pid;
}

struct Pipe {
  Pipe() { CUNJU_CHECK(::pipe2(ends, O_CLOEXEC) == 0, "tests need pipes"); }
  ~Pipe() {
    close(0);
    close(1);
  }
  void close(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  int ends[2];
};

void read_some(Pipe& pipe, std::string& text) {
  std::array<char, 16384> buffer;
  ssize_t count = ::read(pipe.ends[0], buffer.data(), buffer.size());
  if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) pipe.close(0);
}

void write_some(Pipe& pipe, std::string_view& text) {
  ssize_t count = text.empty() ? 0 : ::write(pipe.ends[1], text.data(), text.size());
  if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  if (text.empty() || count < 0) pipe.close(1);
}

/// Feeds and reads a process until it has closed both outputs or the time is up.
bool exchange(Pipe& in, Pipe& out, Pipe& err, std::string_view input, Clock::time_point until,
              RunResult& result) {
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    auto left = std::chrono::duration_cast<Milliseconds>(until - Clock::now());
    if (left <= 0ms) return false;
    std::array<pollfd, 3> waits{
        {{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}, {in.ends[1], POLLOUT, 0}}};
    ::poll(waits.data(), waits.size(), static_cast<int>(left.count()));
    if (waits[0].revents != 0) read_some(out, result.out);
    if (waits[1].revents != 0) read_some(err, result.err);
    if (waits[2].revents != 0) write_some(in, input);
  }
  return true;
}

}  // namespace

RunResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                      const RunOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  Command command(program, arguments, options.environment);
  Pipe in, out, err;
  const bool is_to_be_killed = options.kill_after > 0ms;
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(options.timeout) + 5s;
  pid_t pid =
      start(command, in.ends[0], out.ends[1], err.ends[1], static_cast<unsigned>(lifetime.count()));
  in.close(0);
  out.close(1);
  err.close(1);
  RunResult result;
  auto until = Clock::now() + (is_to_be_killed ? options.kill_after : options.timeout);
  if (!exchange(in, out, err, options.input, until, result)) {
    ::kill(pid, SIGKILL);
    result.timed_out = !is_to_be_killed;
    exchange(in, out, err, {}, Clock::now() + 10s, result);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

ServerProcess::ServerProcess(const std::string& program, std::vector<std::string> arguments,
                             const std::map<std::string, std::string>& environment,
                             const std::string& log, std::chrono::seconds lifetime)
    : log_(log) {
  Command command(program, arguments, environment);
  int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  int out = ::open((log_ + ".out").c_str(), kFlags, 0600);
  int err = ::open((log_ + ".err").c_str(), kFlags, 0600);
  CUNJU_CHECK(in >= 0 && out >= 0 && err >= 0, "tests need files");
  pid_ = start(command, in, out, err, static_cast<unsigned>(lifetime.count()));
  for (int file : {in, out, err}) ::close(file);
}

ServerProcess::~ServerProcess() { kill_now(); }

bool ServerProcess::is_running() {
  if (has_ended_) return false;
  has_ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return !has_ended_;
}

std::string ServerProcess::wait_until_listening(Milliseconds timeout) {
  for (auto until = Clock::now() + timeout; Clock::now() < until;) {
    const std::string text = out();
    constexpr std::string_view kMark = "{\"listening\":\"";
    std::size_t at = text.find(kMark);
    if (at != std::string::npos) {
      std::size_t from = at + kMark.size();
      std::size_t end = text.find('"', from);
      if (end != std::string::npos) return text.substr(from, end - from);
    }
    if (!is_running()) return {};
    std::this_thread::sleep_for(10ms);
  }
  return {};
}

int ServerProcess::stop(Milliseconds timeout) {
  if (is_running()) ::kill(pid_, SIGTERM);
  for (auto until = Clock::now() + timeout; is_running() && Clock::now() < until;)
    std::this_thread::sleep_for(5ms);
  if (is_running()) {
    kill_now();
    return -1;
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

void ServerProcess::kill_now() {
  if (!is_running()) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  has_ended_ = true;
}

std::string ServerProcess::out() const { return read_text_file(log_ + ".out"); }
std::string ServerProcess::err() const { return read_text_file(log_ + ".err"); }

std::string read_text_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::size_t resident_bytes(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  }
  return 0;
}

}  // namespace cunju::test
