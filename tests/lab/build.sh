# Builds what the cluster is made of: etcd, kube-apiserver, kubectl, Cilium's operator and cilium-dbg, the agent of this
# folder, kwok, and the CRDs of two Cilium versions; and ask-all, for the benchmark. Sourced by `lab`.
# shellcheck shell=bash

CACHE=${KUBECTL_BGP_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-bgp-lab}
K8S=v1.35.4
CILIUM=v1.19.0
CILIUM_OLD=v1.16.9
KWOK=v0.8.0

bin_dir() { echo "$CACHE/bin-$(hash_of go.mod go.sum agent ask-all build.sh)"; }

build() { make_once "$(bin_dir)" build_go; }

hash_of() { (cd "$HERE" && find "$@" -type f | sort | xargs cat | sha256sum | cut -c1-12); }

# Makes a folder with `MAKER FOLDER` unless it is there. It gets its name only when it is complete.
make_once() { # FOLDER MAKER
  [ ! -d "$1" ] || return 0
  mkdir -p "$CACHE"
  exec {lock}> "$CACHE/lock"
  flock "$lock"
  if [ ! -d "$1" ]; then
    rm -rf "$1.partial"
    mkdir "$1.partial"
    (exec {lock}>&-; "$2" "$1.partial")
    mv "$1.partial" "$1"
    remove_older "$1"
  fi
  exec {lock}>&-
}

# Removes the folders of older sources, except those that a lab runs from.
remove_older() { # FOLDER
  local old
  for old in "${1%-*}"-*; do
    [ "$old" = "$1" ] || readlink "$STATES"/*/bin "$STATES"/*/frr | grep -qxF "$old" || rm -rf "$old"
  done
}

build_go() { # FOLDER
  local bin=$1 version=k8s.io/component-base/version stages stage
  cd "$HERE"
  export CGO_ENABLED=0 GOBIN=$bin GOFLAGS="-trimpath -buildvcs=false"
  # kubectl cannot parse a server's version that was not set, and cilium-dbg prints its own.
  nice go build -o "$bin/" -ldflags "-s -w -X $version.gitVersion=$K8S -X $version.gitMajor=1 -X $version.gitMinor=35
    -X 'github.com/cilium/cilium/pkg/version.ciliumVersion=${CILIUM#v} 0000000 2026-02-04T00:00:00+00:00 go version go1.25.6 linux/amd64'" \
    tool ./agent ./ask-all
  mv "$bin/server" "$bin/etcd"
  ln -s cilium-dbg "$bin/cilium" # the name that cilium-cli runs in an agent
  # kwok needs a newer client-go than Cilium, so it cannot share the module.
  nice go install -ldflags "-s -w" "sigs.k8s.io/kwok/cmd/kwok@$KWOK"

  stages=$(module "sigs.k8s.io/kwok@$KWOK")/kustomize/stage
  for stage in node/fast/node-initialize node/heartbeat/node-heartbeat \
    pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
    echo ---
    cat "$stages/$stage.yaml"
  done > "$bin/kwok-stages.yaml"
  crds "$CILIUM" > "$bin/crds.yaml"
  crds "$CILIUM_OLD" > "$bin/crds-1.16.yaml"
}

module() { go mod download -json "$1" | jq -er .Dir; }

# Cilium's operator labels the CRDs with their schema's version when it creates them.
crds() { # CILIUM-VERSION
  local apis schema file
  apis=$(module "github.com/cilium/cilium@$1")/pkg/k8s/apis/cilium.io
  schema=$(sed -n 's/.*CustomResourceDefinitionSchemaVersion = "\(.*\)"/\1/p' "$apis"/register.go "$apis"/v2/register.go)
  for file in "$apis"/client/crds/*/*.yaml; do
    echo ---
    sed "s/^metadata:/&\n  labels: {io.cilium.k8s.crd.schema.version: \"${schema:?}\"}/" "$file"
  done
}
