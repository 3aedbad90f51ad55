# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
# What tools/demo, tools/check and tools/chroot share: the packages and the build. Sourced, in the root of
# the repository.

say () { printf '\n== %s\n' "$*"; }

die () { printf '%s\n' "$*" >&2; exit 1; }

# The major version of the Debian that runs this; testing and sid count as what follows the newest release.
debian_version () {
  [ -r /etc/os-release ] && . /etc/os-release && [ "${ID:-}" = debian ] && command -v apt-get > /dev/null \
    || die "This is not Debian. What must be installed stands in tools/packages; then:
  meson setup build && ninja -C build && meson test -C build"
  echo "${VERSION_ID:-99}"
}

# packages VERSION GROUP...: the names in tools/packages
packages () {
  awk -v version="$1" -v groups=" $* " '
    $1 == "#" { next }
    index(groups, " " $1 " ") && ($2 == "any" || $2 == version || ($2 == "13+" && version >= 13)) {
      for (i = 3; i <= NF; i++) print $i
    }' tools/packages
}

as_root () {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo > /dev/null; then sudo "$@"
  else die "Root is needed for: $*
Run this as root, or install sudo."
  fi
}

# install_packages GROUP...: what is missing of them
install_packages () {
  version=$(debian_version) || exit 1
  [ "$version" -ge 12 ] || die "Debian 12 or newer is needed; this is Debian $version."
  missing=
  for package in $(packages "$version" "$@"); do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) in
    installed) ;;
    *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  say "Installing$missing"
  as_root apt-get update < /dev/null &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing \
      < /dev/null || die "The packages could not be installed."
}

# build FOLDER OPTION...: sets the folder up anew or again, and compiles
build () {
  folder=$1; shift
  if [ -f "$folder/build.ninja" ]; then
    meson setup --reconfigure "$folder" "$@" || meson setup --wipe "$folder" "$@"
  else
    meson setup "$folder" "$@"
  fi && ninja -C "$folder"
}

# carry_translations BUILD FOLDER: for the program that is in FOLDER
carry_translations () {
  for catalog in "$1"/po/*/LC_MESSAGES/p3m.mo; do
    [ -e "$catalog" ] || continue
    language=$(basename "$(dirname "$(dirname "$catalog")")")
    mkdir -p "$2/locale/$language/LC_MESSAGES"
    cp "$catalog" "$2/locale/$language/LC_MESSAGES/"
  done
}

# carry BUILD FOLDER: models, the manual and p3m for the program that is in FOLDER
carry () {
  mkdir -p "$2/models" "$2/bin" "$2/manual"
  for model in models/*.safetensors; do
    [ ! -e "$model" ] || cp "$model" "$2/models/"
  done
  replace "$1/cli/p3m" "$2/bin/p3m"
  cp docs/manual/* "$2/manual/"
}

# replace PROGRAM PLACE: also where it is running
replace () {
  cp "$1" "$2.new"
  mv "$2.new" "$2"
}

# assemble_krita BUILD FOLDER: the extension of Krita with all that it needs, in a folder "pykrita"
assemble_krita () {
  mkdir -p "$2/p3m_matting"
  cp "$1/plugin/krita/p3m_matting.desktop" "$2/"
  cp plugin/krita/p3m_matting/*.py plugin/krita/p3m_matting/Manual.html "$1/plugin/krita/mask.kra" \
    "$2/p3m_matting/"
  replace "$1/plugin/krita/p3m-dialog" "$2/p3m_matting/p3m-dialog"
  carry "$1" "$2/p3m_matting"
  carry_translations "$1" "$2/p3m_matting"
}
