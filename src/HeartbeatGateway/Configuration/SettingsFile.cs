using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>
/// A JSON settings file as a configuration source. While the gateway runs, a file that is broken, unreadable or gone keeps its last good
/// content: without it, its settings would fall back to defaults, and key bindings and limits would be lost.
/// </summary>
/// <param name="path">The full path.</param>
internal sealed class SettingsFile(string path) : ConfigurationProvider, IConfigurationSource
{
    private readonly Lock _lock = new();
    private bool _isLoaded;
    private string? _stamp;
    private string? _lastFault;

    /// <summary>The full path.</summary>
    public string FullPath => path;

    /// <summary>The file's name.</summary>
    public string Name => Path.GetFileName(path);

    /// <summary>Why the file's present state is not in force, as a sentence that starts with the path; null when it is in force.</summary>
    public string? Fault { get; private set; }

    /// <summary>True when the fault is that the file is gone.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Called when <see cref="Fault"/> has changed, or was found again on request.</summary>
    public Action<SettingsFile>? Reported { get; set; }

    /// <summary>The source is its own provider, so that a new list of sources does not lose the last good content.</summary>
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <exception cref="GatewayOptionsException">The file cannot be used, and there is no last good content.</exception>
    public override void Load()
    {
        lock (_lock)
        {
            if (_isLoaded) Look(isPatient: false);
            else LoadFirst();
        }
    }

    /// <summary>Reads the file and takes its content in, if it can be used and was written since the last time.</summary>
    /// <param name="isPatient">
    /// Reports a fault when it is found twice in a row, since a program that writes the file may be between two of its steps.
    /// </param>
    /// <returns>True when the content was taken in.</returns>
    public bool Look(bool isPatient)
    {
        lock (_lock)
        {
            try
            {
                var text = SettingsText.Read(path);
                if (text is null && _stamp is not null) return Refuse("is gone", isPatient, isGone: true);
                var isNew = text is not null && text.Stamp != _stamp;
                if (isNew) (Data, _stamp) = (text!.Parse(), text.Stamp);
                Recover();
                return isNew;
            }
            catch (SettingsFileException e)
            {
                return Refuse(e.Message, isPatient, isGone: false);
            }
        }
    }

    /// <summary>Tells the configuration that its values have changed.</summary>
    public void Announce() => OnReload();

    private void LoadFirst()
    {
        try
        {
            if (SettingsText.Read(path) is { } text) (Data, _stamp) = (text.Parse(), text.Stamp);
            _isLoaded = true;
        }
        catch (SettingsFileException e)
        {
            throw new GatewayOptionsException([$"{path} {e.Message}."]);
        }
    }

    private bool Refuse(string message, bool isPatient, bool isGone)
    {
        var fault = $"{path} {message}";
        var isTold = fault == Fault;
        var isConfirmed = !isPatient || fault == _lastFault;
        _lastFault = fault;
        if (!isConfirmed || (isPatient && isTold)) return false;
        (Fault, IsGone) = (fault, isGone);
        Reported?.Invoke(this);
        return false;
    }

    private void Recover()
    {
        var hadFault = Fault is not null;
        (Fault, IsGone, _lastFault) = (null, false, null);
        if (hadFault) Reported?.Invoke(this);
    }
}
