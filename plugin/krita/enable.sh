#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
# Switches the extension on in Krita's settings: enable.sh KRITARC
#
# Krita leaves extensions off until somebody chooses them. What the file says already stays, on or off.
set -eu
file=$(realpath -m "$1") # a link stays one
manual="Switch it on in Krita: Settings, Configure Krita, Python Plugin Manager, P3M Matting."
if [ -n "${DESTDIR:-}" ]; then
  echo "$file is not touched below DESTDIR. $manual"
  exit 0
fi
if grep -q '^enable_p3m_matting=' "$file" 2> /dev/null; then
  exit 0
fi
if ! { mkdir -p "$(dirname "$file")" && new=$(mktemp "$file.XXXXXX"); } 2> /dev/null; then
  echo "$file cannot be written. $manual"
  exit 0
fi
trap 'rm -f "$new"' EXIT
if [ -e "$file" ]; then
  cat "$file" > "$new"
fi
if grep -q '^\[python\]$' "$new"; then
  sed -i '/^\[python\]$/a enable_p3m_matting=true' "$new"
else
  printf '\n[python]\nenable_p3m_matting=true\n' >> "$new"
fi
chmod 644 "$new"
mv "$new" "$file"
