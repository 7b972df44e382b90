using System.Net;

namespace HeartbeatGateway.Server.Admission;

/// <summary>
/// Informs the engine about sockets that a listener has accepted and not handed over yet. Optional: without it the limit by file descriptors does
/// not count such sockets. Thread-safe.
/// </summary>
public interface IAcceptControl
{
    /// <summary>True when the file descriptors allow no further connection, those between accept and admission included.</summary>
    bool IsOutOfDescriptors { get; }

    /// <summary>Connections that were announced and have not reached the engine yet.</summary>
    int PendingAccepts { get; }

    /// <summary>
    /// A listener is being bound: the free file descriptors are counted now, once. Later, libraries that the first connections open would count as
    /// used, and fewer connections would be admitted.
    /// </summary>
    void BeginListening();

    /// <summary>A socket was accepted; its connection will reach the engine, or <see cref="EndAccept"/> is called.</summary>
    void BeginAccept();

    /// <summary>A socket that was announced is closed without reaching the engine.</summary>
    void EndAccept();

    /// <summary>A socket was closed at once because no file descriptor is left: counted as <c>limit_descriptors</c> and logged at most once a second.</summary>
    /// <param name="remote">Its peer.</param>
    void RejectForDescriptors(EndPoint? remote);
}
