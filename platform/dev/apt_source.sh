# Sourced by setup.sh and bare_root.sh.

# The machine's own APT source for a release, as "URI<tab>key file": from one-line lists and from deb822 files.
own_source() {  # suite
  local sources=/etc/apt/sources.list.d
  {
    { cat /etc/apt/sources.list "$sources"/*.list 2>/dev/null || true; } | awk -v suite="$1" '
      $1 == "deb" { key = ""; i = 2
        if ($2 ~ /^\[/) { opts = ""; while (1) { opts = opts " " $i; if ($i ~ /\]$/) break; i++ } i++
          if (match(opts, /signed-by=[^] ]*/)) key = substr(opts, RSTART + 10, RLENGTH - 10) }
        if ($(i + 1) == suite) print $i "\t" key }'
    { cat "$sources"/*.sources 2>/dev/null || true; } | awk -v suite="$1" '
      function flush() { if ((" " types " ") ~ / deb / && (" " suites " ") ~ (" " suite " ")) { split(uris, u, " "); print u[1] "\t" key }
        types = uris = suites = key = "" }
      /^[[:space:]]*$/ { flush(); next }
      { name = tolower($1); value = $0; sub(/^[^:]*:[[:space:]]*/, "", value) }
      name == "types:" { types = value } name == "uris:" { uris = value }
      name == "suites:" { suites = value } name == "signed-by:" { key = value }
      END { flush() }'
  } | head -n 1
}
