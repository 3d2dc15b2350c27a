# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by script/test and script/demo after `cd` to the project's root: installs what is missing,
# says how many compilers may run at once, builds the program. Needs only a bare Debian 12.

# A login shell of a bare machine, or cron, may have less.
export PATH="${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

cunju_packages=(
  g++ cmake ninja-build ccache clang-format
  libsodium-dev liblmdb-dev libboost1.81-dev libboost-json1.81-dev
  capnproto libcapnp-dev libtomlplusplus-dev libcsv-dev libicu-dev
  libzstd-dev zlib1g-dev libqrencode-dev libavahi-client-dev catch2
)

# say 中文 English: one line of progress.
say() { printf '== %s | %s\n' "$1" "$2"; }

die() {
  printf '!! %s | %s\n' "$1" "$2" >&2
  exit 1
}

missing_packages() {
  local package
  for package in "${cunju_packages[@]}"; do
    # One line for each architecture; "ii" is installed and whole.
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}\n' "$package" 2>/dev/null) == *"ii "* ]] ||
      printf '%s\n' "$package"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "不是 Debian 系统，请自行安装依赖" "not Debian: assuming that you installed: ${cunju_packages[*]}"
    return
  fi
  local missing root=() log=build/packages.log
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say "依赖齐全" "all packages are there"
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    # Without a terminal nobody can type a password: then sudo must do without, or fail.
    if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      root=(sudo)
    else
      die "缺少软件包，请以管理员身份运行：apt-get install ${missing[*]}" \
        "packages are missing; run as root: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    fi
  fi
  mkdir -p build
  say "安装软件包：${missing[*]}" "installing packages, log in $log"
  : >"$log"
  local step
  for step in update "install -y --no-install-recommends ${missing[*]}"; do
    # shellcheck disable=SC2086 # The step is words.
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
      $step </dev/null >>"$log" 2>&1 && continue
    tail -n 20 "$log" >&2
    # Old lists may do: only the installation decides.
    [ "$step" = update ] ||
      die "软件包安装失败，详见 $log" "could not install packages (Debian 12 is needed), see $log"
  done
}

# Compilers that may run at once: one a core, and about 1.5 GB of memory for each.
build_jobs() {
  local cores memory_kb limit jobs
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  # A container's limit is not seen in /proc/meminfo.
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  if [[ $limit =~ ^[0-9]+$ ]] && ((limit / 1024 < memory_kb)); then memory_kb=$((limit / 1024)); fi
  jobs=$((memory_kb / 1500000))
  ((jobs > cores)) && jobs=$cores
  ((jobs < 1)) && jobs=1
  echo "$jobs"
}

# build_preset PRESET [TARGET...]
build_preset() {
  local preset=$1 jobs
  shift
  jobs=$(build_jobs)
  say "编译 $preset（$jobs 个任务）" "building $preset with $jobs jobs"
  mkdir -p build
  # ccache needs somewhere to write.
  if [ ! -w "${HOME:-/nonexistent}" ]; then export CCACHE_DIR="$PWD/build/ccache"; fi
  cmake --preset "$preset" >"build/configure-$preset.log" 2>&1 || {
    tail -n 30 "build/configure-$preset.log" >&2
    die "配置失败" "configuring $preset failed, see build/configure-$preset.log"
  }
  cmake --build --preset "$preset" --parallel "$jobs" ${1:+--target "$@"} ||
    die "编译失败" "building $preset failed"
}
