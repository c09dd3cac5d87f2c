ZDOTDIR=$SI1P1_ZDOTDIR
[[ -r $ZDOTDIR/.zprofile ]] && source $ZDOTDIR/.zprofile
ZDOTDIR=$SI1P1_ZSH
