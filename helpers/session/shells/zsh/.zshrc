ZDOTDIR=$SI1P1_ZDOTDIR
# macOS has set it by now, to a file in this folder.
[[ $HISTFILE == $SI1P1_ZSH/* ]] && HISTFILE=$ZDOTDIR/${HISTFILE:t}
[[ -r $ZDOTDIR/.zshrc ]] && source $ZDOTDIR/.zshrc
ZDOTDIR=$SI1P1_ZSH
