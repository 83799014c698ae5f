"""The frames of schema registries, a file each; `serializers.framing` has their table."""
