"""A target (folder, git URL, owner/name, archive) becomes a Snapshot."""
