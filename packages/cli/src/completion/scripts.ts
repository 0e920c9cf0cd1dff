/** What a shell runs to complete the command; it asks the command itself. */
export const scripts = {
  bash: `# agentgate completion bash > ~/.local/share/bash-completion/completions/agentgate
_agentgate() {
  local IFS=$'\\n'
  COMPREPLY=($(agentgate __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
}
complete -o default -F _agentgate agentgate
`,
  zsh: `#compdef agentgate
# agentgate completion zsh > ~/.zfunc/_agentgate   (with ~/.zfunc in fpath, before compinit)
_agentgate() {
  local -a candidates
  local line
  while IFS= read -r line; do
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(agentgate __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then
    _describe 'agentgate' candidates
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_agentgate" ]; then
  _agentgate "$@"
else
  compdef _agentgate agentgate
fi
`,
  fish: `# agentgate completion fish > ~/.config/fish/completions/agentgate.fish
function __agentgate_complete
  set -l words (commandline -opc) (commandline -ct)
  agentgate __complete $words[2..] 2>/dev/null
end
complete -c agentgate -f -a '(__agentgate_complete)'
complete -c agentgate -n '__fish_seen_subcommand_from deploy dev bump apply export init import' -F
`,
} as const;

export type Shell = keyof typeof scripts;
