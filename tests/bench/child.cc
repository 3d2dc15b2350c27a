// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tests/bench/measure.h"

namespace cunju::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments, const std::filesystem::path& output)
    : begin_(now().wall) {
  std::vector<std::string> words{CUNJU_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  for (const std::string& word : words) what_ += word + " ";
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) give_up({Errc::kIo, "fork"});
  if (pid_ == 0) {
    const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
}

Child::~Child() { stop(); }

void Child::sample() {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string name; file >> name;) {
    double kib = 0;
    if (name != "VmHWM:" && name != "RssAnon:") continue;
    file >> kib;
    double& peak = name == "VmHWM:" ? cost_.memory.resident_peak : cost_.memory.anonymous_peak;
    peak = std::max(peak, kib / 1024);
  }
}

bool Child::reap(bool block) {
  if (pid_ < 0) return true;
  rusage usage{};
  if (::wait4(pid_, &status_, block ? 0 : WNOHANG, &usage) != pid_) return false;
  pid_ = -1;
  cost_.wall = now().wall - begin_;
  cost_.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  cost_.memory.resident_peak =
      std::max(cost_.memory.resident_peak, static_cast<double>(usage.ru_maxrss) / 1024);
  return true;
}

Cost Child::wait() { return wait_for_code(0); }

Cost Child::wait_for_code(int code) {
  while (!reap(false)) {
    sample();
    ::usleep(5'000);
  }
  if (!WIFEXITED(status_) || WEXITSTATUS(status_) != code) give_up({Errc::kIo, what_ + "failed"});
  return cost_;
}

Cost Child::stop() {
  if (pid_ >= 0) {
    sample();
    ::kill(pid_, SIGTERM);
    reap(true);
  }
  return cost_;
}

Cost run_program(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
  return Child(arguments, output).wait();
}

}  // namespace cunju::bench
