// SPDX-License-Identifier: Apache-2.0
#include "tests/support/emulated_link.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <sstream>
#include <thread>

#include "crdt/base/check.h"

extern char** environ;

namespace cunju::test {
namespace {

/// How long the emulator may take for an answer.
constexpr int kAnswerMs = 10'000;

std::string emulator_path() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "link_emulator").string();
}

bool is_expected_here() { return ::geteuid() == 0 && ::access("/dev/net/tun", R_OK | W_OK) == 0; }

}  // namespace

std::unique_ptr<EmulatedLink> EmulatedLink::start(const std::string& profile, std::string& why,
                                                  std::chrono::seconds lifetime) {
  ::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<EmulatedLink> out(new EmulatedLink);
  std::array<int, 2> in{}, back{};
  CUNJU_CHECK(::pipe2(in.data(), O_CLOEXEC) == 0, "tests need pipes");
  CUNJU_CHECK(::pipe2(back.data(), O_CLOEXEC) == 0, "tests need pipes");
  out->orders_ = in[1];
  out->answers_ = back[0];
  std::string program = emulator_path(), seconds = std::to_string(lifetime.count()),
              words = profile;
  std::array<char*, 4> argv{program.data(), seconds.data(), words.data(), nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, back[1], STDOUT_FILENO);
  const int error =
      ::posix_spawn(&out->pid_, program.c_str(), &files, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::close(in[0]);
  ::close(back[1]);
  if (error != 0) out->pid_ = -1;
  std::istringstream line(error == 0 ? out->read_line() : "unavailable: no link_emulator");
  std::string word, a, b;
  pid_t pid = 0;
  line >> word;
  if (word != "ready") {
    std::getline(line, why);
    if (is_expected_here()) why.clear();
    return nullptr;
  }
  line >> pid >> a >> b;
  out->namespace_a_ = "/proc/" + std::to_string(pid) + "/fd/" + a;
  out->namespace_b_ = "/proc/" + std::to_string(pid) + "/fd/" + b;
  return out;
}

EmulatedLink::~EmulatedLink() {
  ::close(orders_);
  ::close(answers_);
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

std::string EmulatedLink::read_line() {
  for (;;) {
    const std::size_t end = unread_.find('\n');
    if (end != std::string::npos) {
      std::string out = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return out;
    }
    pollfd wait{answers_, POLLIN, 0};
    std::array<char, 512> buffer;
    if (::poll(&wait, 1, kAnswerMs) <= 0) return {};
    const ssize_t count = ::read(answers_, buffer.data(), buffer.size());
    if (count <= 0) return {};
    unread_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::string EmulatedLink::order(const std::string& line) {
  const std::string with_end = line + "\n";
  if (::write(orders_, with_end.data(), with_end.size()) != static_cast<ssize_t>(with_end.size()))
    return {};
  const std::string answer = read_line();
  return answer.starts_with("ok") ? answer.substr(2) + " " : std::string();
}

std::uint64_t EmulatedLink::offered_bytes(Side from) {
  std::istringstream numbers(order("stats"));
  std::array<std::uint64_t, 6> out{};
  for (std::uint64_t& number : out) numbers >> number;
  return from == Side::kA ? out[0] : out[3];
}

std::string EmulatedLink::namespace_path(Side side) const {
  return side == Side::kA ? namespace_a_ : namespace_b_;
}

std::vector<std::string> EmulatedLink::program_at(Side side) const {
  // Of util-linux, which every Debian has. It becomes the program that follows.
  return {"/usr/bin/nsenter", "--net=" + namespace_path(side)};
}

void EmulatedLink::at(Side side, const std::function<void()>& work) const {
  std::thread([&] {
    const int file = ::open(namespace_path(side).c_str(), O_RDONLY | O_CLOEXEC);
    CUNJU_CHECK(file >= 0 && ::setns(file, CLONE_NEWNET) == 0, "the link still exists");
    ::close(file);
    work();
  }).join();
}

}  // namespace cunju::test
