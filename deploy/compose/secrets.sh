#!/bin/sh
# Writes a secret (32 random bytes in base64) to each of the given files, unless the file exists already. The files are readable by the users of
# other containers: every container that mounts the volume may read it.
set -eu
umask 022
for file; do
  [ -s "$file" ] && continue
  # Writes a temporary file first: an interrupted start leaves no incomplete secret.
  head -c 32 /dev/urandom | base64 >"$file.new"
  mv "$file.new" "$file"
  echo "created $file"
done
