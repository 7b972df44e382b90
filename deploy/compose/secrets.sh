#!/bin/sh
# Makes a secret in each of the files, 32 random bytes in base64, unless it is there already. Readable for the users of other
# containers: whoever may look into the volume may read it.
set -eu
umask 022
for file; do
  [ -s "$file" ] && continue
  # First beside it: a start that is interrupted leaves no half secret.
  head -c 32 /dev/urandom | base64 >"$file.new"
  mv "$file.new" "$file"
  echo "made $file"
done
