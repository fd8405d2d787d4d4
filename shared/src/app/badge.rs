//! How things are marked on a page: a word, a tone, a sign.

/// How something is marked; never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As everything else.
    #[default]
    Plain,
    /// Well.
    Good,
    /// To know.
    Info,
    /// Someone must decide.
    Decide,
    /// Danger to people.
    Danger,
}

/// A word on a quiet ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// The word.
    pub text: String,
    /// Its tone.
    pub tone: Tone,
    /// Its sign.
    pub sign: Sign,
}

/// A sign beside a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    /// None.
    #[default]
    None,
    /// A house.
    House,
    /// A folder.
    Folder,
    /// A tray.
    Inbox,
    /// A tablet.
    Tablet,
    /// A tick.
    Tick,
    /// A cross.
    Cross,
    /// A stroke: does not matter here.
    Dash,
    /// A triangle: danger to people.
    Danger,
    /// Two arrows apart: people said different things.
    Differ,
    /// A cloud with a tick: the server has it.
    Cloud,
    /// A padlock.
    Lock,
    /// A plus.
    Plus,
    /// A magnifying glass.
    Search,
    /// A screen turned to someone.
    Show,
    /// A pin.
    Pin,
    /// An arrow back.
    Back,
    /// A shield: protected identity.
    Shield,
    /// A pencil.
    Pencil,
    /// A sun over the horizon: today.
    Day,
    /// A clock: a day has passed.
    Clock,
    /// A printer.
    Print,
    /// A cogwheel: administration.
    Wheel,
}

packed! {
    enum Tone { Plain, Good, Info, Decide, Danger }
    struct Badge { text, tone, sign }
    enum Sign { None, House, Folder, Inbox, Tablet, Tick, Cross, Dash, Danger, Differ, Cloud, Lock, Plus,
        Search, Show, Pin, Back, Shield, Pencil, Day, Clock, Print, Wheel }
}
